import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

/** A module imports only from modules above it in this list, or from itself. */
const LAYERS = [
  'errors',
  'protocol',
  'kernel',
  'tree',
  'prover',
  'verifier',
  'offchain',
  'store',
  'chain',
  'issuer',
  'claimant',
  'relayer',
  'page',
  'cli',
  'index',
] as const;

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

type Import = { readonly from: string; readonly to: string };

/** What a source text imports, exports from, or imports when it runs. */
function importsOf(text: string): readonly string[] {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined;
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** A source text without what it imports for its types alone. */
function withoutTypes(text: string): string {
  return text.replaceAll(/^import type [^;]+;/gm, '');
}

/** The module that a path under src belongs to. */
function moduleOf(path: string): string {
  return path.split('/')[0]!.replace(/\.ts$/, '');
}

/** The imports that point downward, or out of src, in words. */
function offenders(imports: readonly Import[]): readonly string[] {
  const layer = (path: string): number => (LAYERS as readonly string[]).indexOf(moduleOf(path));
  return imports
    .filter(({ from, to }) => layer(to) < 0 || layer(from) < 0 || layer(to) > layer(from))
    .map(({ from, to }) => `${from} imports ${to}`);
}

// The kernel's assembly is another language, whose files import only each other.
const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('kernel/assembly/'),
);
const imports = files.flatMap((from) =>
  importsOf(readFileSync(join(SOURCES, from), 'utf8'))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ from, to: relative(SOURCES, join(SOURCES, dirname(from), specifier)) })),
);

describe('the layers of src', () => {
  it('are those of the list: every module stands in it', () => {
    const unknown = new Set(
      files.map(moduleOf).filter((module) => !(LAYERS as readonly string[]).includes(module)),
    );
    expect([...unknown]).to.deep.equal([]);
  });

  it('import upward only', () => {
    expect(imports.length).to.be.above(50);
    expect(offenders(imports).join('\n')).to.equal('');
  });

  it('name every file by its full name, and files that exist', () => {
    const missing = imports
      .filter(({ to }) => !files.includes(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(missing).to.deep.equal([]);
  });

  it('hold no circle of files that need each other when they run', () => {
    const next = new Map<string, readonly string[]>();
    for (const from of files) {
      const text = withoutTypes(readFileSync(join(SOURCES, from), 'utf8'));
      next.set(
        from,
        importsOf(text)
          .filter((to) => to.startsWith('.'))
          .map((to) => relative(SOURCES, join(SOURCES, dirname(from), to))),
      );
    }
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(circles).to.deep.equal([]);
  });

  it('protocol does no I/O: it imports nothing of node', () => {
    const ofNode = files
      .filter((file) => file.startsWith('protocol/'))
      .filter((file) =>
        importsOf(readFileSync(join(SOURCES, file), 'utf8')).some((to) => to.startsWith('node:')),
      );
    expect(ofNode).to.deep.equal([]);
  });

  it('need nothing of viem when they run without a chain: it is most of what they would load', () => {
    const proving = LAYERS.slice(0, LAYERS.indexOf('store')) as readonly string[];
    const ofViem = files
      .filter((file) => proving.includes(moduleOf(file)))
      .filter((file) =>
        importsOf(withoutTypes(readFileSync(join(SOURCES, file), 'utf8'))).some((to) =>
          /^viem(\/|$)/.test(to),
        ),
      );
    expect(ofViem).to.deep.equal([]);
  });

  describe('the test itself', () => {
    it('sees every way to import', () => {
      const text = `import a from './a.ts'; import type { B } from './b.ts'; export * from './c.ts'; export { d } from './d.ts';
        import './e.ts'; const f = await import('./f.ts'); type G = import('./g.ts').G; // import './no.ts'
        const h = "import './no.ts'";`;
      expect(importsOf(text)).to.deep.equal(
        ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`),
      );
    });
    it('names an import that points downward, and one out of src', () => {
      expect(
        offenders([
          { from: 'tree/tree.ts', to: 'protocol/field.ts' },
          { from: 'tree/tree.ts', to: 'tree/hasher.ts' },
        ]),
      ).to.deep.equal([]);
      expect(offenders([{ from: 'protocol/field.ts', to: 'tree/tree.ts' }])).to.deep.equal([
        'protocol/field.ts imports tree/tree.ts',
      ]);
      expect(offenders([{ from: 'cli/main.ts', to: '../scripts/keys.ts' }])).to.deep.equal([
        'cli/main.ts imports ../scripts/keys.ts',
      ]);
    });
  });
});
