export { chromiumArgs, chromiumPath, hasChromium, launchChromium } from './lib/launch-chromium.js'
export { sharedChromium } from './lib/shared-chromium.js'
