/**
 * A real distribution, end to end: 126,402 rows from their file to a published root, and back from the log.
 */
import { expect } from 'chai';
import {
  DISTRIBUTION_FILE,
  hasDistribution,
  runDistribution,
} from '../../scripts/bench/distribution.ts';
import { forEachStore } from '../support/stores.ts';

const ROWS = 126_402;
const TOTAL = 76_767_851_882212n * 10n ** 12n;

/** The whole on a store in a folder; a share of it on PostgreSQL, unless ELIGO_SLOW is set. */
const SHARE = process.env['ELIGO_SLOW'] === undefined ? 10_000 : ROWS;

forEachStore((stores) => {
  const rows = stores.kind === 'folder' ? ROWS : SHARE;
  const title = `publishes ${rows} of its ${ROWS} rows, and the audit of the log reproduces the root`;
  if (!hasDistribution) {
    it.skip(`${title} (${DISTRIBUTION_FILE} is not here)`);
    return;
  }

  it(title, async function () {
    this.timeout(15 * 60_000);
    const result = await runDistribution({ store: await stores.fresh(), rows });
    expect(result.rows).to.equal(rows);
    if (rows === ROWS) expect(result.total).to.equal(TOTAL);
    expect(result.audited).to.deep.equal({ root: result.root, size: rows, status: 'reproduced' });
  });
});
