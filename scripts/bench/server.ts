/**
 * A new database on the server that ELIGO_TEST_DATABASE names, gone afterwards.
 * @module
 */
import pg from 'pg';

/** @returns undefined where no server is named */
export async function onServer<T>(work: (url: string) => Promise<T>): Promise<T | undefined> {
  const server = process.env['ELIGO_TEST_DATABASE'];
  if (server === undefined) return undefined;
  const name = `eligo_bench_${process.pid}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
    const url = new URL(server);
    url.pathname = name;
    return await work(url.href);
  } finally {
    await client.query(`drop database if exists ${name} with (force)`);
    await client.end();
  }
}
