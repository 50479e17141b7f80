/**
 * A statement as commands print it.
 * @module
 */
import { HIDDEN_INDEX } from '../protocol/field.ts';
import { packOutcome, type Statement } from '../protocol/statement.ts';

/** What a proof says, as a document. */
export function statementDocument(statement: Statement): object {
  const { nullifier, root, policy, context, disclosed, shown, checkedAt } = statement;
  const metered = shown === HIDDEN_INDEX;
  const outcome = packOutcome(statement);
  return {
    signals: { nullifier, root, policy, outcome, context },
    disclosed,
    shown,
    checkedAt,
    metered,
  };
}
