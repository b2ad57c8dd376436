// Sets light or dark before the first paint. It is a module and not an inline script, which the CSP forbids.
import { localStorageColorSchemeManager } from '@mantine/core';

export const colorSchemeManager = localStorageColorSchemeManager({ key: 'ebrainpool-color-scheme' });

export function applyColorScheme(): void {
  const chosen = colorSchemeManager.get('auto');
  const isDark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
}
