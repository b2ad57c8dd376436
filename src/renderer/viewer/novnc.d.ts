// The part of noVNC's API that the viewer uses: https://github.com/novnc/noVNC/blob/v1.7.0/docs/API.md
declare module '@novnc/novnc' {
  export interface RfbOptions {
    readonly shared?: boolean;
  }
  // biome-ignore lint/style/noDefaultExport: that is how noVNC exports it
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: unknown, options?: RfbOptions);
    background: string;
    resizeSession: boolean;
    scaleViewport: boolean;
    showDotCursor: boolean;
    viewOnly: boolean;
    clipboardPasteFrom(text: string): void;
    sendKey(keysym: number, code: string, isDown: boolean): void;
    focus(options?: FocusOptions): void;
    disconnect(): void;
  }
}
