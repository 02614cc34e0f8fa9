/** Settings: who may come in, what may be spent, and which agents there are. */
import type { Session } from "../api/shapes.ts";
import { usePageTitle } from "../parts/page-title.ts";
import { Agents } from "./agents.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { BudgetEditor } from "./budget-editor.tsx";
import "./settings.css";

export default function SettingsView({ session }: { session: Session }) {
  usePageTitle("Settings");
  return (
    <>
      <header className="head">
        <h1>Settings</h1>
      </header>
      <BudgetEditor session={session} />
      <Agents />
      <ApiKeys session={session} />
    </>
  );
}
