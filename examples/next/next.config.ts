import type { NextConfig } from 'next'

const config: NextConfig = {
  // The contract is the chat's TypeScript.
  transpilePackages: ['@tidings/example-chat'],
}

export default config
