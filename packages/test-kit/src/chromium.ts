export { chromiumArgs, chromiumPath, hasChromium, launchChromium } from './lib/launch-chromium.js'
export { openTab } from './lib/open-tab.js'
export { sharedChromium } from './lib/shared-chromium.js'
