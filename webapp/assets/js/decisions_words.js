// What dmn-js says, in Chinese. Whatever it asks for that stands neither here nor among what it says in no language is a
// miss, counted on the editor (data-untranslated) for the tests to see.
const chinese = {
  'Add cell description': '添加单元格说明', 'Remove cell description': '删除单元格说明', 'Change cell expression language': '更改单元格表达式语言',
  'Add input': '添加输入列', 'Add output': '添加输出列', 'Add rule': '添加规则', 'Move rule': '移动规则', Resize: '调整列宽',
  'Add input column left': '在左边添加输入列', 'Add input column right': '在右边添加输入列', 'Add output column left': '在左边添加输出列', 'Add output column right': '在右边添加输出列',
  'Add rule above': '在上方添加规则', 'Add rule below': '在下方添加规则', 'Remove rule': '删除规则', 'Copy rule': '复制规则', 'Cut rule': '剪切规则', 'Paste rule above': '粘贴到上方', 'Paste rule below': '粘贴到下方',
  'Copy input column': '复制输入列', 'Copy output column': '复制输出列', 'Cut input column': '剪切输入列', 'Cut output column': '剪切输出列', 'Remove input column': '删除输入列', 'Remove output column': '删除输出列',
  'Paste input column left': '粘贴到左边', 'Paste input column right': '粘贴到右边', 'Paste output column left': '粘贴到左边', 'Paste output column right': '粘贴到右边',
  'Add predefined values': '添加预设值', 'Clear predefined values': '清除预设值', 'Predefined values': '预设值', 'Custom values': '自定义值', 'Add values': '添加值', 'No values': '没有值',
  'Input values': '允许的输入值', 'Output values': '允许的输出值', 'Input type': '输入类型', 'Output type': '输出类型', Values: '值', Value: '值', Type: '类型',
  'Decision name': '决策名称', 'Decision name: ': '决策名称：', 'Hit policy': '命中策略', 'Hit policy:': '命中策略：',
  Input: '输入', Output: '输出', 'Input label': '输入名称', 'Input label: ': '输入名称：', 'Input expression': '输入表达式', 'Input expression: ': '输入表达式：',
  'Output label': '输出名称', 'Output label: ': '输出名称：', 'Output name': '输出变量', 'Output name: ': '输出变量：', Expression: '表达式', 'Enter expression': '填写表达式',
  'Expression language': '表达式语言', 'Expression language: {expressionLanguageLabel}': '表达式语言：{expressionLanguageLabel}', 'Editing not supported for set expression language': '这种表达式语言不能在这里编辑',
  Annotation: '备注', Annotations: '备注', When: '当', And: '并且', Then: '则', 'View DRD': '查看决策关系图', Edit: '编辑',
  Yes: '是', No: '否', Include: '包含', Exclude: '不包含', 'Match one': '等于其中之一', 'Match none': '不等于任何一个', Exactly: '正好', Before: '早于', After: '晚于', Between: '介于', Range: '范围', Comparison: '比较', 'Comparison operator': '比较符号', 'Test type': '比较方式',
  Equals: '等于', Less: '小于', 'Less or equals': '小于或等于', Greater: '大于', 'Greater or equals': '大于或等于',
  'Range start operator': '起点符号', 'Range end operator': '终点符号', 'Range start value': '起点值', 'Range end value': '终点值', 'Start value': '起点值', 'End value': '终点值',
  'Boolean value': '是或否', 'String value': '文字', 'Date value': '日期', 'Time value': '时刻', 'Date and time value': '日期和时间', 'Duration value': '时长', Date: '日期', Time: '时刻', 'Date and time': '日期和时间',
  'Set value': '设定值', 'Set date': '设定日期', 'Set time': '设定时刻', 'Set date and time': '设定日期和时间', 'Set duration': '设定时长', 'Use today': '用今天', 'Use now': '用现在',
  'Edit string': '编辑文字', 'Edit number': '编辑数字', 'Edit boolean': '编辑是否', 'Edit date': '编辑日期', 'Edit time': '编辑时刻', 'Edit date and time': '编辑日期和时间', 'Edit duration': '编辑时长', 'Edit input': '编辑输入列', 'Edit output': '编辑输出列',
  'Start date': '开始日期', 'End date': '结束日期', 'Start time': '开始时刻', 'End time': '结束时刻', 'Start date and time': '开始日期和时间', 'End date and time': '结束日期和时间',
  'Edit start date': '编辑开始日期', 'Edit end date': '编辑结束日期', 'Edit start time': '编辑开始时刻', 'Edit end time': '编辑结束时刻', 'Edit start date and time': '编辑开始日期和时间', 'Edit end date and time': '编辑结束日期和时间',
  'Strings must be in double quotes': '文字要加英文双引号', '"value", "value", ...': '"值", "值", …', '"value"': '"值"', 'e.g. { sample }': '例如 { sample }', 'e.g. { example } ': '例如 { example } ',
  'Date must match pattern yyyy-MM-dd': '日期要写成 yyyy-MM-dd', 'Time must match pattern hh:mm:ss[time zone]': '时刻要写成 hh:mm:ss[时区]', 'Date and time must match pattern yyyy-MM-ddTHH:mm:ss[time zone]': '日期和时间要写成 yyyy-MM-ddTHH:mm:ss[时区]',
  Unique: '唯一', First: '取第一条', Priority: '按优先级', Any: '任一', Collect: '汇集', 'Collect (Sum)': '汇集（求和）', 'Collect (Min)': '汇集（最小）', 'Collect (Max)': '汇集（最大）', 'Collect (Count)': '汇集（计数）', 'Rule order': '按规则顺序', 'Output order': '按输出顺序',
  'No overlap is possible and all rules are disjoint. Only a single rule can be matched': '规则互不重叠，只能有一条符合',
  'Rules may overlap. The first matching rule will be chosen': '自上而下取第一条符合的规则',
  'Rules may overlap. The one with the highest priority will be chosen': '取优先级最高的一条',
  'Rules may overlap. Their output have to match': '可以有多条符合，结果必须一致',
  'Collects the values of all matching rules': '汇集所有符合的规则',
  'Collects the values of all matching rules and sums up to a single value': '所有符合的规则求和',
  'Collects the values of all matching rules and uses the lowest value': '所有符合的规则取最小',
  'Collects the values of all matching rules and uses the highest value': '所有符合的规则取最大',
  'Collects the values of all matching rules and counts the number of them': '数一数有几条规则符合',
  'Collects the values of all matching rules in rule order': '按规则顺序汇集',
  'Collects the values of all matching rules in decreasing output priority order': '按输出的优先级汇集',
  string: '文字', boolean: '是或否', number: '数字', integer: '整数', long: '整数', double: '小数', date: '日期', time: '时刻', dateTime: '日期和时间', dayTimeDuration: '时长（日、时）', yearMonthDuration: '时长（年、月）', any: '不限', '': '',
};

/** What dmn-js calls for every text it shows; `missed` is told what is not known. */
export function translator(language, missed) {
  return (template, replacements = {}) => {
    const text = String(template ?? '');
    const known = language === 'zh' ? chinese[text] : text;
    if (known === undefined) missed(text);
    return (known ?? text).replace(/\{\s*([^}]+?)\s*\}/g, (whole, name) => (name in replacements ? String(replacements[name]) : whole));
  };
}
