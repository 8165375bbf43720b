export { chromiumArgs, chromiumPath, hasChromium, launchChromium } from './lib/launch-chromium.js'
