// The look: one palette, one spacing scale, light and dark.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, Notification, Tooltip } from '@mantine/core';
import { say } from '../messages/messages.ts';

const pool: MantineColorsTuple = [
  '#effcf9',
  '#d3f7ee',
  '#a8ecdd',
  '#71dcc8',
  '#3ec4ae',
  '#1fa894',
  '#128a7b',
  '#0f7168',
  '#115a54',
  '#134a46',
];
const gray: MantineColorsTuple = [
  '#f7f9fa',
  '#eff2f4',
  '#e3e8ec',
  '#d3dae0',
  '#b8c2ca',
  '#8f9ca7',
  '#66737f',
  '#4b5762',
  '#333d46',
  '#1d242b',
];
const dark: MantineColorsTuple = [
  '#dde3e8',
  '#b3bdc7',
  '#8c98a4',
  '#5f6b76',
  '#3b4650',
  '#2c353e',
  '#20282f',
  '#171d23',
  '#11161b',
  '#0b0f13',
];

export const theme = createTheme({
  primaryColor: 'pool',
  primaryShade: { light: 7, dark: 7 },
  colors: { pool, gray, dark },
  black: '#1d242b',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': say('ui.common.close') } } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        // Beside what it explains: in its landmark, and in what fills the screen. Fixed, so that no scrolling box cuts it off.
        withinPortal: false,
        floatingStrategy: 'fixed',
        // Who has no mouse reads it as well (WCAG 2.2, 1.4.13).
        events: { hover: true, focus: true, touch: false },
      },
    }),
  },
});

/** For what needs attention; white letters on it keep a contrast of 4.5. */
export const warmColor = '#b0480c';

/** Mantine's dimmed text and placeholders have too little contrast for WCAG 2.2 AA (1.4.3). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-red-light': '#fdebe9',
    '--mantine-color-red-light-hover': '#fadcd9',
    '--mantine-color-red-light-color': '#a11b12',
    '--mantine-color-yellow-light': '#fff5e0',
    '--mantine-color-yellow-light-color': '#8a4b00',
    '--mantine-color-dimmed': '#55626e',
    '--mantine-color-placeholder': '#66737f',
    '--mantine-color-error': '#b42318',
    '--ebp-canvas': '#f3f6f7',
    '--ebp-surface': '#ffffff',
    '--ebp-line': '#e0e6ea',
    '--ebp-hover': '#eaf0f2',
    '--ebp-online': '#12876f',
    '--ebp-accent': '#0f7168',
    '--ebp-warn-text': '#8a4b00',
    '--ebp-warn-surface': '#fff5e0',
    '--ebp-warn-line': '#f0d39b',
    '--ebp-bad-text': '#a11b12',
  },
  dark: {
    '--mantine-color-body': '#171d23',
    '--mantine-color-pool-light': 'rgba(62, 196, 174, 0.16)',
    '--mantine-color-pool-light-hover': 'rgba(62, 196, 174, 0.23)',
    '--mantine-color-pool-light-color': '#a8ecdd',
    '--mantine-color-yellow-light': '#33290f',
    '--mantine-color-yellow-light-color': '#ffcf80',
    '--mantine-color-red-light': 'rgba(255, 120, 110, 0.15)',
    '--mantine-color-red-light-hover': 'rgba(255, 120, 110, 0.22)',
    '--mantine-color-red-light-color': '#ffb8b1',
    '--mantine-color-dimmed': '#aab5bf',
    '--mantine-color-placeholder': '#94a0ab',
    '--mantine-color-error': '#ff9b91',
    '--ebp-canvas': '#11161b',
    '--ebp-surface': '#1a2127',
    '--ebp-line': '#2c353e',
    '--ebp-hover': '#242d34',
    '--ebp-online': '#3ec4ae',
    '--ebp-accent': '#71dcc8',
    '--ebp-warn-text': '#ffcf80',
    '--ebp-warn-surface': '#33290f',
    '--ebp-warn-line': '#5c4a1c',
    '--ebp-bad-text': '#ff9b91',
  },
});
