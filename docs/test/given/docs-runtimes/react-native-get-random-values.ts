// React Native is not installed. The package adds `crypto.getRandomValues` when it is imported.
export {}
