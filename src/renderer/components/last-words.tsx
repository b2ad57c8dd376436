// What a program that failed wrote last, as a quotation, so that nobody takes it for a word of ours.
import { useTranslation } from 'react-i18next';
import './last-words.css';

export function LastWords({ lines }: { readonly lines: readonly string[] }) {
  const { t } = useTranslation();
  if (lines.length === 0) return null;
  return (
    <figure className="last-words">
      <figcaption>{t('ui.ended.lastWords')}</figcaption>
      <blockquote>
        {/* Security: it can neither be longer than its block nor turn the text around it. */}
        <pre dir="auto">{lines.join('\n')}</pre>
      </blockquote>
    </figure>
  );
}
