/**
 * What the sequences of RootRegistry.sequence.test.ts are made of.
 * @module
 */
import type { Publication as Published } from '../../src/protocol/publication.ts';

/** Who acts, by name. */
export type Account = string;
export type Role = 'owner' | 'publisher' | 'guardian';

export type Publication = Omit<Published, 'logHead' | 'manifestHash'>;

type Place = { readonly by: Account; readonly listId: bigint; readonly treeId: bigint };
type Handed = { readonly by: Account; readonly listId: bigint };
type Appointed = { readonly by: Account; readonly issuerId: bigint; readonly account: Account };

/** What anybody may try, in one transaction. */
export type Step =
  | { readonly act: 'createTree'; readonly by: Account; readonly issuerId: bigint }
  | { readonly act: 'publish'; readonly by: Account; readonly publication: Publication }
  | {
      readonly act: 'publishBySignature';
      readonly by: Account;
      readonly publication: Publication;
      readonly deadline: bigint;
      readonly publisher: Account;
      readonly signedBy: Account;
    }
  | { readonly act: 'freeze'; readonly by: Account; readonly treeId: bigint }
  | { readonly act: 'unfreeze'; readonly by: Account; readonly publication: Publication }
  | {
      readonly act: 'createList';
      readonly by: Account;
      readonly notice: bigint;
      readonly memberSilence: bigint;
    }
  | ({ readonly act: 'admit' } & Place)
  | ({ readonly act: 'join' } & Place)
  | ({ readonly act: 'removeMember' } & Place)
  | ({ readonly act: 'leaveList' } & Place)
  | ({ readonly act: 'removeSilent' } & Place)
  | ({ readonly act: 'settle' } & Handed)
  | ({ readonly act: 'voidList' } & Handed)
  | ({ readonly act: 'acceptList' } & Handed)
  | ({ readonly act: 'offerList'; readonly to: Account } & Handed)
  | ({ readonly act: 'grantRole'; readonly role: Role } & Appointed)
  | ({ readonly act: 'revokeRole'; readonly role: Role } & Appointed)
  | ({ readonly act: 'rotateKey'; readonly role: Role; readonly to: Account } & Appointed);

export type StepOf<A extends Step['act']> = Extract<Step, { readonly act: A }>;

/** Why a step must be refused: each of these holds, so a contract may name any; none = the step is taken. */
export type Reasons = readonly string[];
