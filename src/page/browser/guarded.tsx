import { Component, type ComponentChildren } from 'preact';

/** A part of the page: what fails in it, because of odd data, leaves the others as they are. */
export class Guarded extends Component<{ readonly children: ComponentChildren }, { failure: string | null }> {
  override state = { failure: null };

  static override getDerivedStateFromError(error: unknown): { failure: string } {
    return { failure: String(error) };
  }

  override render() {
    const { failure } = this.state;
    return failure === null ? (
      this.props.children
    ) : (
      <p class="message">This part cannot be shown: {failure}</p>
    );
  }
}
