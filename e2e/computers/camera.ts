// A camera for Chromium: a file of pictures (YUV4MPEG2). What it sees can be changed while it is on. A program that uses it has the
// file open, so whether the camera's light is on can be seen from outside of every page.
import { closeSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import type { Page } from '@playwright/test';
import encodeQR from 'qr';

const WIDTH = 1280;
const HEIGHT = 720;
/** Each with noise of its own. */
const FRAMES = 5;
/** What the sensor adds to a pixel, either way. */
const NOISE = 18;
const HEADER = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\n`;

/** The brightness of each pixel. */
type Scene = Buffer;

const EMPTY: Scene = Buffer.alloc(WIDTH * HEIGHT, 110);

export class Camera {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, picturesOf(EMPTY));
  }

  /** Nothing is in front of it. */
  clear(): void {
    this.show(EMPTY);
  }

  /** A sheet with this text as a code is in front of it. */
  showCode(text: string): void {
    const rows = encodeQR(text, 'raw', { border: 4 });
    const side = 9;
    const scene = Buffer.from(EMPTY);
    const [left, top] = [WIDTH - rows.length * side, HEIGHT - rows.length * side].map((room) => Math.floor(room / 2));
    for (const [y, row] of rows.entries())
      for (const [x, isDark] of row.entries())
        for (let line = 0; line < side; line += 1) {
          const start = ((top ?? 0) + y * side + line) * WIDTH + (left ?? 0) + x * side;
          scene.fill(isDark ? 60 : 190, start, start + side);
        }
    this.show(scene);
  }

  /** What is in front of it from now on, also when it is on. */
  show(scene: Scene): void {
    const file = openSync(this.path, 'r+');
    writeSync(file, picturesOf(scene));
    closeSync(file);
  }

  /** Whether any program has it open. */
  isInUse(): boolean {
    const { dev, ino } = statSync(this.path);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => filesOf(pid))
      .some((file) => file.dev === dev && file.ino === ino);
  }
}

/** Those that it has open; none when it has ended meanwhile. */
function filesOf(pid: string) {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const file = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
      return file === undefined ? [] : [file];
    });
  } catch {
    return [];
  }
}

function picturesOf(scene: Scene): Buffer {
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frames = Array.from({ length: FRAMES }, () => {
    const noisy = Buffer.from(scene);
    for (let at = 0; at < noisy.length; at += 1) {
      const value = (noisy[at] ?? 0) + (Math.random() * 2 - 1) * NOISE;
      noisy[at] = Math.max(0, Math.min(255, value));
    }
    return Buffer.concat([Buffer.from('FRAME\n'), noisy, grey]);
  });
  return Buffer.concat([Buffer.from(HEADER), ...frames]);
}

/**
 * A camera that sees the pictures in this .y4m file over and over, and none at all without one. The permission is asked for as always.
 * https://chromium.googlesource.com/chromium/src/+/main/media/capture/video/file_video_capture_device.h
 */
export function cameraArgs(file: string | undefined): readonly string[] {
  return file === undefined ? [] : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`];
}

/** The slice of the page's world that draws: this is not one with a DOM. */
interface Drawing {
  Blob: new (parts: Uint8Array[]) => object;
  createImageBitmap(blob: object): Promise<{ readonly width: number; readonly height: number }>;
  OffscreenCanvas: new (
    width: number,
    height: number,
  ) => {
    getContext(kind: '2d'): {
      fillStyle: string;
      filter: string;
      fillRect(...area: number[]): void;
      translate(x: number, y: number): void;
      rotate(angle: number): void;
      drawImage(image: object, ...area: number[]): void;
      getImageData(...area: number[]): { readonly data: Uint8ClampedArray };
    };
  };
}

/**
 * A screen that somebody holds in front of a camera, as the camera sees it: a little askew, out of focus, greyer than it is, and with
 * a room around it. `page` only does the drawing.
 */
export async function photograph(page: Page, png: Buffer): Promise<Scene> {
  const luma = await page.evaluate(
    async ({ png, width, height }) => {
      const { Blob, createImageBitmap, OffscreenCanvas } = globalThis as unknown as Drawing;
      const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes]));
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.fillStyle = '#7a7a7a';
      context.fillRect(0, 0, width, height);
      context.translate(width / 2 + 40, height / 2 - 10);
      context.rotate(0.06);
      context.filter = 'blur(0.8px) contrast(70%) brightness(95%)';
      const size = (height * 0.94) / Math.max(picture.height, 500);
      context.drawImage(
        picture,
        (-picture.width * size) / 2,
        (-picture.height * size) / 2,
        picture.width * size,
        picture.height * size,
      );
      const { data } = context.getImageData(0, 0, width, height);
      let text = '';
      for (let at = 0; at < data.length; at += 4)
        text += String.fromCharCode(
          Math.round(0.3 * (data[at] ?? 0) + 0.59 * (data[at + 1] ?? 0) + 0.11 * (data[at + 2] ?? 0)),
        );
      return btoa(text);
    },
    { png: png.toString('base64'), width: WIDTH, height: HEIGHT },
  );
  return Buffer.from(luma, 'base64');
}
