// Why there is no address of this computer that could be entered elsewhere: no network, or one that gave it none.
import { useTranslation } from 'react-i18next';
import { useTopic } from '../use-core.tsx';

/** Null while there is one. */
export function useWhyNoAddress(): string | null {
  const { t } = useTranslation();
  const { addresses } = useTopic('self');
  const health = useTopic('health');
  if (addresses.length > 0) return null;
  // A network whose addresses hold on one cable only (RFC 4291 §2.5.6) is a network all the same.
  const isOnNetwork = health.some(({ id, level }) => id === 'network' && level === 'ok');
  return t(isOnNetwork ? 'ui.self.noAddress' : 'ui.self.noNetwork');
}
