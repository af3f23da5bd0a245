"""The full-screen client of a person at a terminal.

The model is pure and knows nothing of Textual: `entry`, `conversation`, `view`, `rows`, `cells`, `links`,
`people`, `line_state`, `delivery`, `model` and `hearing` (what events do), `composing` (completion, input
history, secrets), `commands`, `doing` and `search` (what a typed line does), `notify`. The widgets on top are thin:
`app` with `going` and `layout`, `message_list`, `side`, `bars`, `composer`, `dialogs`, `theme`, `keys`, `driver`;
`pump` brings the events, `crash` is what a fault leaves behind.

One thread, Textual's, touches the model; the pump's thread only hands it batches."""
