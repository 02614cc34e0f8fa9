/** A question before something happens. Focus goes in, stays in and comes back; Escape is no. */
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

export function Dialog(props: {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => (open ? undefined : props.onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog">
          <div className="row">
            <Base.Title>{props.title}</Base.Title>
            <Base.Close className="button plain icon small" aria-label="Close" style={{ marginLeft: "auto" }}>
              <X size={16} aria-hidden />
            </Base.Close>
          </div>
          {props.about ? <Base.Description className="soft">{props.about}</Base.Description> : null}
          {props.children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
