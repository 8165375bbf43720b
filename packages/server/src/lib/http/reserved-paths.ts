/** The path at which a load balancer asks whether to send clients to this server. */
export const healthPath = '$health'

/** The paths of the documents that describe the contract. */
export const descriptionPaths = ['$contract', '$asyncapi.json', '$openapi.json'] as const
export type DescriptionPath = (typeof descriptionPaths)[number]

/** The path of the inspector's page. What the page needs has paths below it. */
export const inspectPath = '$inspect'

/** The prefix of the paths to which clients send control requests. The id of a connection follows it. */
export const controlPrefix = '$connections/'

/** The prefix of the paths to which clients send cancellations. The id of a run follows it. */
export const runsPrefix = '$runs/'
