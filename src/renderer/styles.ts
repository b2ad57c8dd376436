// Style sheets, in the order in which they must be loaded.
// biome-ignore lint/style/noRestrictedImports: the rule means our core
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './base.css';
