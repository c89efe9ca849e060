/** Checks `custom.millrace.deviceTags`: patterns, and the names of tags. */
import type { Problems } from '../../common/problems.js';
import type { DeviceTagSettings } from '../../common/settings.js';
import { MAX_TAG_LENGTH, tagNameProblem, tagPattern } from '../../schemas/device-tags.js';

const AT = ['custom', 'millrace', 'deviceTags'] as const;

export function checkDeviceTags({ byDevice, fromEvent }: DeviceTagSettings, problems: Problems): void {
  for (const [pattern, tags] of Object.entries(byDevice)) {
    const at = [...AT, 'byDevice', pattern];
    const { names, problems: found } = tagPattern(pattern);
    for (const reason of found) problems.add(at, reason);
    for (const [name, value] of Object.entries(tags)) {
      const problem = tagNameProblem(name);
      if (problem !== undefined) problems.add([...at, name], problem);
      if (names.includes(name)) problems.add([...at, name], `is in the pattern already: {${name}}`);
      if (value === '')
        problems.add([...at, name], 'must not be empty: that is what devices without the tag have');
      if (value.length > MAX_TAG_LENGTH)
        problems.add([...at, name], `must have at most ${MAX_TAG_LENGTH} characters`);
    }
    if (found.length === 0 && names.length === 0 && Object.keys(tags).length === 0)
      problems.add(at, 'gives no tag');
  }
  fromEvent.forEach((name, index) => {
    const problem = tagNameProblem(name);
    if (problem !== undefined) problems.add([...AT, 'fromEvent', index], problem);
  });
}
