import { Component, type ReactNode } from "react";

/** One broken tag shows a notice in its own place; the rest of the task goes on. */
export class ErrorBoundary extends Component<
  { what: string; children: ReactNode },
  { message: string | null }
> {
  override state: { message: string | null } = { message: null };

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : "unknown reason" };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return <p className="ed-notice">{`${this.props.what} cannot be shown (${this.state.message}).`}</p>;
  }
}
