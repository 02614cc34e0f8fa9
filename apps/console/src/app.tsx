/** The console: who is there, and which view the address asks for. Views other than Tasks come when they are asked for. */
import { lazy, Suspense } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { Problem } from "./parts/problem.tsx";
import { LogIn } from "./session/log-in.tsx";
import { useSession } from "./session/use-session.ts";
import { FaultBoundary } from "./shell/fault-boundary.tsx";
import { Frame } from "./shell/frame.tsx";
import { TasksView } from "./tasks/tasks-view.tsx";

const TaskView = lazy(() => import("./task/task-view.tsx"));
const SpendView = lazy(() => import("./spend/spend-view.tsx"));
const QueuesView = lazy(() => import("./queues/queues-view.tsx"));
const WebhooksView = lazy(() => import("./webhooks/webhooks-view.tsx"));
const SettingsView = lazy(() => import("./settings/settings-view.tsx"));

export function App() {
  return (
    <Router base="/console">
      <Pages />
    </Router>
  );
}

function Pages() {
  const { data, error, refetch } = useSession();
  const [location] = useLocation();
  if (error !== null && data === undefined) {
    return (
      <main className="login">
        <Problem error={error} retry={() => void refetch()} />
      </main>
    );
  }
  if (data === undefined) return null;
  if (data.session === null) return <LogIn refused={data.refused} />;
  const { session } = data;
  return (
    <Frame session={session}>
      <FaultBoundary key={location}>
        <Suspense fallback={<p className="faint">Loading…</p>}>
          <Switch>
            <Route path="/tasks" component={TasksView} />
            <Route path="/tasks/:id">{({ id }) => <TaskView key={id} id={id} />}</Route>
            <Route path="/spend">
              <SpendView session={session} />
            </Route>
            <Route path="/queues" component={QueuesView} />
            <Route path="/webhooks" component={WebhooksView} />
            <Route path="/settings">
              <SettingsView session={session} />
            </Route>
            <Route path="/">
              <Redirect to="/tasks" replace />
            </Route>
            <Route>
              <div className="empty">
                <h1>No such page</h1>
                <p>Choose one of the places in the navigation.</p>
              </div>
            </Route>
          </Switch>
        </Suspense>
      </FaultBoundary>
    </Frame>
  );
}
