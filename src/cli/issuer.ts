/**
 * `eligo issuer`: attesting people, and making it known. One file a group of verbs; this one names them.
 * @module
 */
import type { Command } from 'commander';
import { addIssuerCredentials } from './issuerCredentials.ts';
import { addIssuerEnrol } from './issuerEnrol.ts';
import { addIssuerFiles } from './issuerFiles.ts';
import { addIssuerFreeze } from './issuerFreeze.ts';
import { addIssuerImport } from './issuerImport.ts';
import { addIssuerInit } from './issuerInit.ts';
import { addIssuerIssue } from './issuerIssue.ts';
import { addIssuerPublish } from './issuerPublish.ts';
import { addIssuerRevoke } from './issuerRevoke.ts';
import { addIssuerRoles } from './issuerRoles.ts';
import { addIssuerRotate } from './issuerRotate.ts';
import { addIssuerStore } from './issuerStore.ts';
import type { Surroundings } from './verb.ts';

/** Adds the verbs of an issuer. */
export function addIssuer(noun: Command, around: Surroundings): void {
  for (const add of [
    addIssuerInit,
    addIssuerIssue,
    addIssuerEnrol,
    addIssuerImport,
    addIssuerRevoke,
    addIssuerPublish,
    addIssuerCredentials,
    addIssuerFiles,
    addIssuerStore,
    addIssuerFreeze,
    addIssuerRotate,
    addIssuerRoles,
  ]) {
    add(noun, around);
  }
}
