/**
 * Keccak-256 as Ethereum has it: the permutation of FIPS 202 (sections 3.2 and 3.3) with a rate of 136 bytes, and the padding
 * of Keccak's own submission, which begins with a 1 bit where SHA-3 has 01 1.
 * @module
 */

const RATE = 136;
const LANES = 25;
const ROUNDS = 24;

/** 64-bit lanes in halves; lane (x, y) is number x + 5 y. */
type State = { readonly low: Int32Array; readonly high: Int32Array };

/** The digest of some bytes, 32 of them. */
export function keccak(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array((Math.floor(message.length / RATE) + 1) * RATE);
  padded.set(message);
  const view = new DataView(padded.buffer);
  view.setUint8(message.length, 0x01);
  view.setUint8(padded.length - 1, view.getUint8(padded.length - 1) | 0x80);
  const state = emptyState();
  for (let block = 0; block < padded.length; block += RATE) {
    for (let i = 0; i < RATE / 8; i++) {
      state.low[i] = at(state.low, i) ^ view.getInt32(block + 8 * i, true);
      state.high[i] = at(state.high, i) ^ view.getInt32(block + 8 * i + 4, true);
    }
    permute(state);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) {
    digest.setInt32(8 * i, at(state.low, i), true);
    digest.setInt32(8 * i + 4, at(state.high, i), true);
  }
  return new Uint8Array(digest.buffer);
}

function emptyState(): State {
  return { low: new Int32Array(LANES), high: new Int32Array(LANES) };
}

/** Where `rho` and `pi` take each lane, and by how many bits they turn it. */
const MOVES = makeMoves();

function makeMoves(): { readonly to: Int32Array; readonly by: Int32Array } {
  const [to, by] = [new Int32Array(LANES), new Int32Array(LANES)];
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    const lane = x + 5 * y;
    [x, y] = [y, (2 * x + 3 * y) % 5];
    to[lane] = x + 5 * y;
    by[lane] = (((t + 1) * (t + 2)) / 2) % 64;
  }
  return { to, by };
}

/** What `iota` adds in each round: bits 2^j - 1 from a shift register, x^8 + x^6 + x^5 + x^4 + 1. */
const CONSTANTS = makeConstants();

function makeConstants(): State {
  const [low, high] = [new Int32Array(ROUNDS), new Int32Array(ROUNDS)];
  let register = 1;
  for (let round = 0; round < ROUNDS; round++)
    for (let j = 0; j <= 6; j++) {
      const [half, bit] = j === 6 ? [high, 31] : [low, 2 ** j - 1];
      half[round] = at(half, round) | ((register & 1) << bit);
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
  return { low, high };
}

const columns = emptyState();
const moved = emptyState();

/** Keccak-f[1600]. */
function permute({ low, high }: State): void {
  for (let round = 0; round < ROUNDS; round++) {
    mixColumns(low, high);
    moveLanes(low, high);
    mixRows(low, high);
    low[0] = at(low, 0) ^ at(CONSTANTS.low, round);
    high[0] = at(high, 0) ^ at(CONSTANTS.high, round);
  }
}

/** `theta`: to each lane the column to the left, and the one to the right turned by a bit. */
function mixColumns(low: Int32Array, high: Int32Array): void {
  sumColumns(low, columns.low);
  sumColumns(high, columns.high);
  for (let x = 0; x < 5; x++) {
    const [left, right] = [(x + 4) % 5, (x + 1) % 5];
    const [rightLow, rightHigh] = [at(columns.low, right), at(columns.high, right)];
    const lowPart = at(columns.low, left) ^ ((rightLow << 1) | (rightHigh >>> 31));
    const highPart = at(columns.high, left) ^ ((rightHigh << 1) | (rightLow >>> 31));
    for (let lane = x; lane < LANES; lane += 5) {
      low[lane] = at(low, lane) ^ lowPart;
      high[lane] = at(high, lane) ^ highPart;
    }
  }
}

function sumColumns(half: Int32Array, sums: Int32Array): void {
  for (let x = 0; x < 5; x++)
    sums[x] =
      at(half, x) ^ at(half, x + 5) ^ at(half, x + 10) ^ at(half, x + 15) ^ at(half, x + 20);
}

/** `rho` and `pi`, into `moved`. */
function moveLanes(low: Int32Array, high: Int32Array): void {
  for (let lane = 0; lane < LANES; lane++) {
    const [to, by] = [at(MOVES.to, lane), at(MOVES.by, lane)];
    // Half a lane, or more, is the two halves changing places; what is left is less than 32 bits.
    const [first, second] = by < 32 ? [low, high] : [high, low];
    const [a, b, bits] = [at(first, lane), at(second, lane), by % 32];
    moved.low[to] = bits === 0 ? a : (a << bits) | (b >>> (32 - bits));
    moved.high[to] = bits === 0 ? b : (b << bits) | (a >>> (32 - bits));
  }
}

/** `chi`: to each lane what the next lacks of the one after it. */
function mixRows(low: Int32Array, high: Int32Array): void {
  for (let row = 0; row < LANES; row += 5)
    for (let x = 0; x < 5; x++) {
      const [next, after] = [row + ((x + 1) % 5), row + ((x + 2) % 5)];
      low[row + x] = at(moved.low, row + x) ^ (~at(moved.low, next) & at(moved.low, after));
      high[row + x] = at(moved.high, row + x) ^ (~at(moved.high, next) & at(moved.high, after));
    }
}

function at(numbers: Int32Array, index: number): number {
  return numbers[index] as number;
}
