/**
 * What verifying many proofs costs: in one pairing check, in both builds of the kernel, and one by one with snarkjs. CPU time
 * of the whole process, taken in turns.
 * @module
 */
import { groth16 } from 'snarkjs';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { toSignals } from '../../src/protocol/statement.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { stopWorkers } from '../../src/prover/snarkjs.ts';
import { checkProofs, type Claimed } from '../../src/prover/checkProofs.ts';
import { makeCase } from './case.ts';
import { makeReport, measure, type Measure, type Report } from './report.ts';

const BATCH = 64;
const RUNS = 7;

/** Measures. */
export async function benchVerify(): Promise<Report> {
  const artifacts = await loadArtifacts();
  const { verifyingKey } = artifacts;
  const { prove } = await makeCase(artifacts);
  // One proof many times: the check has no way to profit from that.
  const claimed: Claimed = await prove();
  const batch = Array.from({ length: BATCH }, () => claimed);
  const signals = toSignals(claimed.statement).map(String);
  const kernels = { fma: await loadKernel('fma'), i64: await loadKernel('i64') };

  const check = async (proofs: readonly Claimed[], build: keyof typeof kernels): Promise<void> => {
    const findings = await checkProofs(verifyingKey, proofs, { kernel: kernels[build] });
    if (findings.some((finding) => finding)) throw new Error('a right proof was refused');
  };
  const works = {
    batch64: () => check(batch, 'fma'),
    batch64I64: () => check(batch, 'i64'),
    one: () => check([claimed], 'fma'),
    oneI64: () => check([claimed], 'i64'),
    snarkjs64: async () => {
      for (let i = 0; i < BATCH; i++) await groth16.verify(verifyingKey, signals, claimed.proof);
    },
  };
  const times = await takeTurns(works);
  await stopWorkers();
  const ratio = (work: keyof typeof works): Measure =>
    measure(
      'times',
      times.snarkjs64.map((snarkjs, i) => snarkjs / (times[work][i] ?? 0)),
    );
  return makeReport('verify', {
    'verify.batch64.cpuMs': measure('CPU ms', times.batch64),
    'verify.batch64.i64.cpuMs': measure('CPU ms', times.batch64I64),
    'verify.snarkjs64.cpuMs': measure('CPU ms', times.snarkjs64),
    'verify.one.cpuMs': measure('CPU ms', times.one),
    'verify.one.i64.cpuMs': measure('CPU ms', times.oneI64),
    'verify.batch64.vsSnarkjs': ratio('batch64'),
    'verify.batch64.i64.vsSnarkjs': ratio('batch64I64'),
  });
}

/** CPU milliseconds of some works, in turns; before that each is done twice, to be warm. */
async function takeTurns<Name extends string>(
  works: Readonly<Record<Name, () => Promise<void>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(works) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let run = -2; run < RUNS; run++) {
    for (const name of names) {
      const before = process.cpuUsage();
      await works[name]();
      const { user, system } = process.cpuUsage(before);
      if (run >= 0) times[name].push((user + system) / 1000);
    }
  }
  return times;
}
