// The text of a QR code in a picture: a photograph, a screenshot, a file that somebody sent, or what the camera sees.
import decodeQR, { type DecodeOpts } from 'qr/decode.js';

/** Larger pictures are made smaller first: a code that fills a tenth of it is still found. */
const MAX_SIDE_PX = 2400;

/** Null when there is no code to be found, or it is no picture. The picture is decoded by the browser and goes nowhere. */
export async function readQrCode(file: Blob): Promise<string | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) return null;
  try {
    const { width, height } = bitmap;
    // A code drawn with one pixel for each square is too small to be found.
    const scale = Math.max(1, Math.min(4, Math.floor(400 / Math.min(width, height))));
    const shrink = Math.min(scale, MAX_SIDE_PX / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * shrink));
    canvas.height = Math.max(1, Math.round(height * shrink));
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) return null;
    // What is transparent is light.
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = shrink < 1;
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return decodeCanvas(context, { effort: 3, timeLimit: 1000 });
  } catch {
    return null;
  } finally {
    bitmap.close();
  }
}

/** Null when there is no code on it. */
export function decodeCanvas(context: CanvasRenderingContext2D, options: DecodeOpts): string | null {
  const { width, height } = context.canvas;
  const pixels = context.getImageData(0, 0, width, height);
  try {
    return decodeQR(pixels, options);
  } catch {
    return null;
  }
}
