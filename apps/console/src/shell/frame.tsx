/** What stands around every view: where one can go, who one is, how it looks. */
import { Activity, CircleDollarSign, Layers, LogOut, Settings, Webhook } from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { Session } from "../api/shapes.ts";
import { useEndSession } from "../session/use-session.ts";
import { inertText } from "../text/inert-text.ts";
import { Brand } from "./brand.tsx";
import { Themes } from "./theme.tsx";

const places = [
  { path: "/tasks", name: "Tasks", Icon: Activity },
  { path: "/spend", name: "Spend", Icon: CircleDollarSign },
  { path: "/queues", name: "Queues", Icon: Layers },
  { path: "/webhooks", name: "Webhooks", Icon: Webhook },
  { path: "/settings", name: "Settings", Icon: Settings },
] as const;

export function Frame({ session, children }: { session: Session; children: ReactNode }) {
  const [location] = useLocation();
  const endSession = useEndSession();
  return (
    <div className="frame">
      <a href="#content" className="skip">
        Skip to the content
      </a>
      <div className="side">
        <Brand />
        <nav className="nav" aria-label="Main">
          {places.map(({ path, name, Icon }) => (
            <Link key={path} href={path} aria-current={location.startsWith(path) ? "page" : undefined}>
              <Icon size={16} aria-hidden />
              {name}
            </Link>
          ))}
        </nav>
        <div className="who">
          <div className="tenant">
            <div className="faint">tenant</div>
            <div className="cut">{inertText(session.tenant)}</div>
          </div>
          <Themes />
          <button type="button" className="button plain small" onClick={() => void endSession()}>
            <LogOut size={14} aria-hidden />
            Log out
          </button>
        </div>
      </div>
      <main className="content" id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
