/** Shows a text of the contract: paragraphs, with code between backticks. It is never read as HTML. */
export function Prose({ text }: { readonly text: string }) {
  return (
    <div className="prose">
      {text
        .split(/\n\s*\n/)
        .filter((paragraph) => paragraph.trim() !== '')
        .map((paragraph, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change.
          <p key={index}>
            {paragraph.split(/(`[^`]+`)/).map((part) => {
              const [, code] = /^`([^`]+)`$/.exec(part) ?? []
              return code === undefined ? part : <code key={part}>{code}</code>
            })}
          </p>
        ))}
    </div>
  )
}
