// Whose the processes of sandboxes are where the core runs as root.

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}
