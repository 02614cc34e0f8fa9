/** Light, dark, or as the system is: kept in this browser. */
import { Monitor, Moon, Sun } from "lucide-react";
import { useEffect, useState } from "react";

const KEY = "pawl-theme";
const choices = [
  { name: "light", label: "Light", Icon: Sun },
  { name: "dark", label: "Dark", Icon: Moon },
  { name: "system", label: "As the system", Icon: Monitor },
] as const;
type Choice = (typeof choices)[number]["name"];

const systemDark = () => matchMedia("(prefers-color-scheme: dark)");

/** Called before the first paint. */
export function applyTheme(choice: Choice = kept()): void {
  const dark = choice === "dark" || (choice === "system" && systemDark().matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

function kept(): Choice {
  const found = localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : "system";
}

export function Themes() {
  const [choice, setChoice] = useState<Choice>(kept);
  useEffect(() => {
    applyTheme(choice);
    const follow = () => applyTheme(choice);
    const system = systemDark();
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [choice]);
  return (
    <fieldset className="themes" style={{ padding: 0, margin: 0 }}>
      <legend className="unseen">Theme</legend>
      {choices.map(({ name, label, Icon }) => (
        <button
          key={name}
          type="button"
          aria-pressed={choice === name}
          aria-label={label}
          title={label}
          onClick={() => {
            localStorage.setItem(KEY, name);
            setChoice(name);
          }}
        >
          <Icon size={14} aria-hidden />
        </button>
      ))}
    </fieldset>
  );
}
