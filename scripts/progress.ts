/**
 * Says what is being done and for how long: a spinner with the seconds on a terminal, lines elsewhere. On stderr.
 * @module
 */
import ora from 'ora';

/** Runs one named piece of work. */
export async function step<T>(
  name: string,
  work: (say: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const spinner = ora({ text: name }).start();
  let detail = '';
  const show = (): void => {
    spinner.text = detail ? `${name}: ${detail} (${seconds()})` : `${name} (${seconds()})`;
  };
  const ticker = spinner.isEnabled ? setInterval(show, 500) : undefined;
  try {
    const result = await work((text) => {
      detail = text;
      show();
    });
    spinner.succeed(`${name} (${seconds()})`);
    return result;
  } catch (error) {
    spinner.fail(name);
    throw error;
  } finally {
    clearInterval(ticker);
  }
}
