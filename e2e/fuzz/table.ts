// Every fuzzer: a parser of what comes from outside has its line here.
import { catalogue, controlAnswers, controlCalls, controlLines, tunnelNames } from './control.fuzz.ts';
import { desktopEntries, elfPrograms, execLines, iconFiles, iconThemes } from './desktop.fuzz.ts';
import { goodEntries, jsonFiles, kernelTables, profileFiles } from './files.fuzz.ts';
import type { Fuzzer } from './fuzzer.ts';
import { addressesAndNames, mdnsPackets, txtRecords } from './network.fuzz.ts';
import { screenMessages, viewerMessages } from './session.fuzz.ts';
import { sftpAnswers, sftpRequests } from './sftp.fuzz.ts';
import { browserGate, commandLines, contractTopics, localSocket, routes, terminalLines } from './shells.fuzz.ts';
import { sshHost, sshVisitor } from './ssh.fuzz.ts';
import { windowMessages } from './windows.fuzz.ts';

export const fuzzers: readonly Fuzzer[] = [
  controlLines,
  controlCalls,
  controlAnswers,
  catalogue,
  tunnelNames,
  sshHost,
  sshVisitor,
  sftpAnswers,
  sftpRequests,
  mdnsPackets,
  txtRecords,
  addressesAndNames,
  desktopEntries,
  execLines,
  elfPrograms,
  iconThemes,
  iconFiles,
  jsonFiles,
  goodEntries,
  kernelTables,
  profileFiles,
  browserGate,
  localSocket,
  contractTopics,
  routes,
  commandLines,
  terminalLines,
  viewerMessages,
  screenMessages,
  windowMessages,
];
