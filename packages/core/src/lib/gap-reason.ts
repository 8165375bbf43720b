/** Why a server cannot resume a subscriber's cursor, so that the subscriber missed events. */
export type ServerGapReason =
  /** The cursor is older than the log's history. */
  | 'expired'
  /** The log's history was lost: the server restarted, or the topic was unused for too long. */
  | 'history_lost'
  /** The cursor is malformed, or ahead of the log. */
  | 'invalid'
