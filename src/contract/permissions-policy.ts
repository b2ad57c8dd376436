// What a page of either shell may ask the browser for, as a header of every answer.

/** None of these is used, so a page that somebody broke into must not be able to ask for them. */
const UNUSED = ['microphone', 'display-capture', 'geolocation', 'midi', 'usb', 'serial', 'hid'];

/**
 * The header Permissions-Policy (https://www.w3.org/TR/permissions-policy/). `hasCamera`: for the page of the main window, which
 * looks for a code on another screen when its person presses a button (renderer/verify/camera.ts).
 */
export function permissionsPolicy(hasCamera: boolean): string {
  return [`camera=(${hasCamera ? 'self' : ''})`, ...UNUSED.map((name) => `${name}=()`)].join(', ');
}
