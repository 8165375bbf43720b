/**
 * A type without values. A mistake in a contract is checked against it, so the type checker's error
 * contains the sentence.
 */
export interface ContractMistake<Sentence> {
  readonly 'there is a mistake in the contract': Sentence
}
