// How windows stand on the screen of a sandbox: the settings of its window manager, Openbox, and of GTK's own title bars.
import { sandboxEnvironment } from '../../container/desktop/environment.ts';
import type { SandboxFile } from '../../container/engine.ts';
import { CONF } from '../../container/inside.ts';

/**
 * A window of a program fills the screen and follows its size, without a frame; one that cannot be resized, and every dialog, stands in
 * the middle, above its parent. Nothing offers to minimise: there is no task bar to come back from. No key is taken from the program.
 * http://openbox.org/wiki/Help:Configuration
 */
export const openboxConfig = (themePath: string) => `<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><focusLast>yes</focusLast><followMouse>no</followMouse></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <theme><name>${themePath}</name><titleLayout>LC</titleLayout><keepBorder>no</keepBorder><animateIconify>no</animateIconify></theme>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <resize><drawContents>yes</drawContents><popupShow>Never</popupShow></resize>
  <keyboard/>
  <mouse>
    <dragThreshold>4</dragThreshold>
    <context name="Titlebar"><mousebind button="Left" action="Drag"><action name="Move"/></mousebind></context>
    <context name="Titlebar Left Right Top Bottom TLCorner TRCorner BLCorner BRCorner Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Middle" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Right" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
    <context name="Left Right Top Bottom TLCorner TRCorner BLCorner BRCorner">
      <mousebind button="Left" action="Drag"><action name="Resize"/></mousebind>
    </context>
  </mouse>
  <menu/>
  <applications>
    <application type="normal">
      <decor>no</decor><position force="yes"><x>center</x><y>center</y></position><maximized>yes</maximized>
    </application>
  </applications>
</openbox_config>
`;

const button = (state: string, colour: string, ground: string | null) =>
  [
    `window.${state}.bg: ${ground === null ? 'parentrelative' : 'flat solid'}`,
    ...(ground === null ? [] : [`window.${state}.bg.color: ${ground}`]),
    `window.${state}.image.color: ${colour}`,
  ].join('\n');

/** A thin, flat title bar for dialogs. http://openbox.org/wiki/Help:Themes */
export const openboxTheme = `border.width: 1
padding.width: 6
padding.height: 4
window.handle.width: 0
window.client.padding.width: 0
window.label.text.justify: left
window.active.border.color: #868e96
window.inactive.border.color: #868e96
${['active', 'inactive']
  .map((state) =>
    [
      `window.${state}.title.bg: flat solid`,
      `window.${state}.title.bg.color: #e9ecef`,
      `window.${state}.label.bg: parentrelative`,
      `window.${state}.label.text.color: #212529`,
      button(`${state}.button.unpressed`, '#212529', null),
      button(`${state}.button.hover`, '#212529', '#ced4da'),
      button(`${state}.button.pressed`, '#212529', '#adb5bd'),
    ].join('\n'),
  )
  .join('\n')}
`;

/** Title bars that GTK draws itself have what those of the window manager have. */
const gtkSettings = '[Settings]\ngtk-decoration-layout=:close\n';

export const windowManagerFiles: readonly SandboxFile[] = [
  { name: 'openbox.xml', text: openboxConfig(CONF) },
  { name: 'openbox-3/themerc', text: openboxTheme },
  { name: 'gtk-3.0/settings.ini', text: gtkSettings },
  { name: 'gtk-4.0/settings.ini', text: gtkSettings },
];

/** For programs: where those of GTK are found, before the computer's own. */
export const XDG_CONFIG_DIRS = `${CONF}:${sandboxEnvironment()['XDG_CONFIG_DIRS']}`;
