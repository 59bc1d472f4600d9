/** Small drawings in the colour of the text. They say nothing that words beside them do not. */

import type { ComponentChildren } from 'preact';
import type { Decision } from './api';

function Icon({ children, size = 16 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" fill="none"
      stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
      {children}
    </svg>
  );
}

export const Sieve = () => (
  <Icon size={20}>
    <path d="M1.500 3.500h13l-2.700 5H4.200z" fill="currentColor" fill-opacity=".15" />
    <path d="M4.500 11v.01M8 11v.01M11.500 11v.01M6.200 13.500v.01M9.800 13.500v.01" stroke-width="1.800" />
  </Icon>
);
export const Undo = () => <Icon><path d="M6 3.500 2.500 7 6 10.500M3 7h6.500a4 4 0 0 1 0 8H8" transform="translate(0 -1)" /></Icon>;
export const Export = () => <Icon><path d="M8 2v8M5 7l3 3 3-3M2.500 11v2.500h11V11" /></Icon>;
export const Theme = () => <Icon><circle cx="8" cy="8" r="5.500" /><path d="M8 2.500a5.500 5.500 0 0 1 0 11z" fill="currentColor" stroke="none" /></Icon>;
export const Chevron = () => <Icon size={12}><path d="m5.500 3 5 5-5 5" /></Icon>;
export const Up = () => <Icon size={14}><path d="m3 10 5-5 5 5" /></Icon>;
export const Down = () => <Icon size={14}><path d="m3 6 5 5 5-5" /></Icon>;
export const Search = () => <Icon size={14}><circle cx="7" cy="7" r="4.500" /><path d="m10.500 10.500 3.500 3.500" /></Icon>;
export const Cross = () => <Icon size={12}><path d="m3.500 3.500 9 9m0-9-9 9" /></Icon>;
export const Reset = () => <Icon size={13}><path d="M3 8a5 5 0 1 0 1.500-3.600M3 2.500v3h3" /></Icon>;

/** What becomes of a document, told by shape: a ring, a ring half full, a cross. */
export function DecisionIcon({ of }: { of: Decision }) {
  return (
    <svg class={`icon decision ${of}`} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      {of === 'dropped' ? (
        <path d="m3 3 8 8m0-8-8 8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      ) : (
        <>
          <circle cx="7" cy="7" r="4.700" fill="none" stroke="currentColor" stroke-width="1.600" />
          {of === 'cut' && <path d="M7 2.300a4.700 4.700 0 0 1 0 9.400z" fill="currentColor" />}
        </>
      )}
    </svg>
  );
}
