import { expect, test } from 'vitest';
import { powerNames, rowOf, viewNames } from '../contract/views.ts';
import { messages } from './messages.ts';

test.each(viewNames)('the view %s has its words wherever views are told', (view) => {
  const places = ['ui.request.view', 'ui.session.view', 'activity.detail.view', 'cli.word'];
  // What is agreed to is named in the terms where it is more than a window of ours.
  if (rowOf(view).opensAs !== 'window') places.push('ui.request.terms');
  expect(places.filter((place) => !messages.exists(`${place}.${view}`))).toEqual([]);
});

test.each(powerNames)('the power %s has its words wherever powers are told', (power) => {
  const keys = [
    ...['name', 'visitor', 'host'].map((part) => `ui.power.${power}.${part}`),
    ...['ui.request.terms', 'shell.power', 'cli.word.power'].map((place) => `${place}.${power}`),
  ];
  expect(keys.filter((key) => !messages.exists(key))).toEqual([]);
});
