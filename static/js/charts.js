/* Draws the charts of a page when they come into view. Without this, and on paper, their tables say the same. */
(() => {
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const drawn = [];
  let library;

  const load = (address) => {
    library ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    return library;
  };

  const option = (data) => {
    const unit = 10 ** data.digits;
    const shown = (value) => (value == null ? "–" : (value).toLocaleString("en", { minimumFractionDigits: data.digits, maximumFractionDigits: data.digits }) + data.unit);
    const brief = new Intl.NumberFormat(document.documentElement.lang || undefined, { notation: "compact", maximumFractionDigits: 1 });
    const scale = (more) => ({
      type: "value", splitLine: { lineStyle: { color: style("--line") } },
      axisLabel: { color: style("--ink-soft"), fontSize: 12, formatter: (value) => brief.format(value) },
      ...more,
    });
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      animationDuration: 350,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: style("--ink-soft") },
      grid: { left: 4, right: 8, top: 16, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis", confine: true, renderMode: "richText", backgroundColor: style("--surface"), borderColor: style("--line"),
        textStyle: { color: style("--ink"), fontSize: 14 }, axisPointer: { type: "shadow", shadowStyle: { color: style("--chart-shade") } },
        valueFormatter: shown,
      },
      xAxis: {
        type: "category", data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: style("--line") } },
        axisLabel: { color: style("--ink-soft"), fontSize: 12, hideOverlap: true },
      },
      yAxis: data.ownScale ? [scale(), scale({ splitLine: { show: false } })] : scale(),
      series: data.series.map((each, place) => ({
        name: each.name,
        type: each.line ? "line" : "bar",
        yAxisIndex: data.ownScale && each.line ? 1 : 0,
        stack: data.stacks && !each.line ? "all" : undefined,
        data: each.values.map((value) => (value == null ? null : value / unit)),
        itemStyle: { color: style(`--chart-${each.tone}`), borderRadius: place === data.series.length - 1 && !each.line ? [3, 3, 0, 0] : 0 },
        lineStyle: { width: 2.5 },
        showSymbol: false,
        barMaxWidth: 28,
      })),
    };
  };

  const draw = async (figure) => {
    await load(figure.dataset.library);
    const place = figure.querySelector(".chart__picture");
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const chart = window.echarts.getInstanceByDom(place) ?? window.echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option(data), true);
    if (!drawn.includes(figure)) drawn.push(figure);
    figure.classList.add("is-drawn");
  };

  const watch = (root) => {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "200px" });
    for (const figure of root.querySelectorAll("figure[data-chart]")) seen.observe(figure);
  };

  document.addEventListener("DOMContentLoaded", () => watch(document));
  document.addEventListener("htmx:afterSettle", (event) => watch(event.target));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.filter((each) => each.isConnected).forEach(draw));
  addEventListener("resize", () => drawn.filter((each) => each.isConnected).forEach((each) => window.echarts.getInstanceByDom(each.querySelector(".chart__picture"))?.resize()));
})();
