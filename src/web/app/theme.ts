/** Light or dark: as the system is, until somebody says otherwise. */

const KEY = 'tamis-theme';

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function put(theme: string | null): void {
  if (theme) document.documentElement.dataset.theme = theme;
}

put(stored());

export function nextTheme(): void {
  const now = document.documentElement.dataset.theme
    ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const next = now === 'dark' ? 'light' : 'dark';
  put(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Where nothing can be stored it holds for this page.
  }
}
