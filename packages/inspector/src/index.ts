export { type InspectionRequest, type InspectorOptions, inspector } from './lib/inspector.js'
