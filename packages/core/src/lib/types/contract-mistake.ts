/**
 * No value has this type. It is what a mistake in a contract is checked against, so that the type checker's
 * complaint contains the sentence.
 */
export interface ContractMistake<Sentence> {
  readonly 'there is a mistake in the contract': Sentence
}
