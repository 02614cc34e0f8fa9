/** The sign and the name, which lead home. */
import { Link } from "wouter";

export function Brand() {
  return (
    <Link href="/tasks" className="brand">
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#1f5f5b" />
        <path
          d="M6 24 L11 16 L11 24 L17 16 L17 24 L23 16 L23 24 L27 24"
          fill="none"
          stroke="#fff"
          strokeWidth="2.4"
          strokeLinejoin="round"
          strokeLinecap="round"
        />
        <path
          d="M24 6 L12 10.5 L14 13"
          fill="none"
          stroke="#f2b44d"
          strokeWidth="2.8"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      Pawl
    </Link>
  );
}
