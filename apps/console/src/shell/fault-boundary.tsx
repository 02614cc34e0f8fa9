/** A fault in one view leaves the frame standing, and says what can be done. (React knows such a boundary as a class only.) */
import { Component, type ReactNode } from "react";
import { Problem } from "../parts/problem.tsx";

type Props = { children: ReactNode };

export class FaultBoundary extends Component<Props, { fault: unknown }> {
  override state: { fault: unknown } = { fault: null };

  static getDerivedStateFromError(fault: unknown) {
    return { fault };
  }

  override render() {
    if (this.state.fault === null) return this.props.children;
    return (
      <div className="empty">
        <h1>This view has failed</h1>
        <p>The fault is the console's; no task is touched by it.</p>
        <Problem error={this.state.fault} retry={() => location.reload()} />
      </div>
    );
  }
}
