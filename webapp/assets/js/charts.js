// Bars and lines from the data of components/chart.html, drawn as SVG in the colours of the page.
import * as echarts from 'echarts/core';
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import chinese from 'echarts/lib/i18n/langZH.js';

echarts.registerLocale('ZH', chinese);
echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, MarkLineComponent, SVGRenderer]);

const locale = document.documentElement.lang.startsWith('zh') ? 'ZH' : 'EN';
const still = matchMedia('(prefers-reduced-motion: reduce)');

function palette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    text: read('--muted'), line: read('--line'), paper: read('--paper'), strong: read('--ink'), font: read('--font'),
    tones: { blue: read('--info'), red: read('--late'), amber: read('--soon'), green: read('--ok'), gray: read('--muted') },
  };
}

function options(spec, colours) {
  const font = { fontFamily: colours.font, color: colours.text, fontSize: 12 };
  const lying = spec.kind === 'rows';
  const line = { lineStyle: { color: colours.line } };
  const labels = { type: 'category', data: spec.categories, inverse: lying, axisTick: { show: false }, axisLine: lying ? { show: false } : line, axisLabel: { ...font, interval: lying ? 0 : 'auto' } };
  const figures = { type: 'value', minInterval: 1, splitNumber: spec.unit === '%' ? 5 : 4, max: spec.unit === '%' ? ({ max }) => Math.max(100, max) : undefined, axisLabel: { ...font, formatter: spec.unit === '%' ? '{value}%' : '{value}' }, splitLine: line, axisLine: { show: false }, axisTick: { show: false } };
  const markLine = spec.target === null || spec.target === undefined ? undefined : {
    symbol: 'none', silent: true, data: [lying ? { xAxis: spec.target } : { yAxis: spec.target }],
    lineStyle: { color: colours.text, type: 'dashed' }, label: { ...font, position: lying ? 'end' : 'insideEndTop', formatter: `{c}${spec.unit ?? ''}` },
  };
  return {
    animation: !still.matches,
    textStyle: font,
    aria: { enabled: false }, // the figure has its own name, and its table below
    grid: { left: 4, right: lying ? 36 : 12, top: spec.series.length > 1 ? 34 : 12, bottom: 2, containLabel: true },
    legend: spec.series.length > 1 ? { top: 0, left: 0, itemWidth: 14, itemHeight: 8, itemGap: 16, textStyle: font } : undefined,
    // Drawn into the SVG: a tooltip of HTML would need style attributes, which the page's policy forbids.
    tooltip: {
      trigger: 'axis', renderMode: 'richText', confine: true, axisPointer: { type: spec.kind === 'line' ? 'line' : 'shadow' },
      valueFormatter: (value) => `${value ?? '—'}${spec.unit ?? ''}`,
      backgroundColor: colours.paper, borderColor: colours.line, textStyle: { ...font, color: colours.strong },
    },
    xAxis: lying ? figures : labels,
    yAxis: lying ? labels : figures,
    series: spec.series.map((series, at) => {
      const kind = series.kind ?? (spec.kind === 'line' ? 'line' : 'bar');
      const color = colours.tones[series.tone] ?? colours.tones.blue;
      return {
        name: series.name, type: kind, data: series.values, itemStyle: { color, borderRadius: kind === 'bar' ? 2 : 0 }, lineStyle: { color, width: 2 },
        barMaxWidth: 16, symbolSize: 6, markLine: at === 0 ? markLine : undefined,
        label: kind === 'bar' && lying ? { show: true, position: 'right', ...font, formatter: ({ value }) => (value ? `${value}${spec.unit ?? ''}` : '') } : undefined,
      };
    }),
  };
}

function draw(host) {
  const spec = JSON.parse(document.getElementById(host.dataset.chart).textContent);
  const chart = echarts.getInstanceByDom(host) ?? echarts.init(host, null, { renderer: 'svg', locale });
  chart.setOption(options(spec, palette()), true);
  host.dataset.ready = '1';
}

const all = () => [...document.querySelectorAll('[data-chart]')];
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => echarts.getInstanceByDom(target)?.resize()));

function drawNew() {
  for (const host of all().filter((one) => !one.dataset.ready)) {
    draw(host);
    sizes.observe(host);
  }
}

drawNew();
document.addEventListener('htmx:afterSettle', drawNew); // a part of the page was renewed, with charts in it
document.addEventListener('themechange', () => all().forEach(draw));
