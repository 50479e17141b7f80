/**
 * Changed copies of snarkjs' binary files.
 * @module
 */

/** A section: its number and content. */
export type Section = readonly [id: number, content: Uint8Array];

/** The sections of a well-formed file. */
export function sectionsOf(file: Uint8Array): readonly Section[] {
  const bytes = Buffer.from(file);
  const sections: Section[] = [];
  for (let at = 12; at < bytes.length;) {
    const size = Number(bytes.readBigUInt64LE(at + 4));
    sections.push([bytes.readUInt32LE(at), Buffer.from(bytes.subarray(at + 12, at + 12 + size))]);
    at += 12 + size;
  }
  return sections;
}

/** A file with the head of another and these sections. */
export function fileOf(original: Uint8Array, sections: readonly Section[]): Uint8Array {
  const head = Buffer.from(original.slice(0, 12));
  head.writeUInt32LE(sections.length, 8);
  const parts = sections.map(([id, content]) => {
    const start = Buffer.alloc(12);
    start.writeUInt32LE(id);
    start.writeBigUInt64LE(BigInt(content.length), 4);
    return Buffer.concat([start, content]);
  });
  return Buffer.concat([head, ...parts]);
}

/** The file with one section changed, or without it if nothing is given back. */
export function withSection(
  file: Uint8Array,
  id: number,
  change: (content: Buffer) => Uint8Array | undefined,
): Uint8Array {
  return fileOf(
    file,
    sectionsOf(file).flatMap(([other, content]): readonly Section[] => {
      if (other !== id) return [[other, content]];
      const changed = change(Buffer.from(content));
      return changed === undefined ? [] : [[id, changed]];
    }),
  );
}

/** The content with other bytes at a place. */
export function patched(content: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(content);
  copy.set(bytes, at);
  return copy;
}

/** Four bytes, little-endian. */
export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
