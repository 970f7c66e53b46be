extension HTMLPage {
    static var style: String { [colors, letters, boxes, marks, tables, other].joined(separator: "\n") }

    /// Shades h0 … h10 go from blue over the paper's own to orange, their lightness falling to both sides (rising in the
    /// dark).
    private static let colors = """
        :root { color-scheme: light dark;
          --paper: #fdfdfb; --ink: #1d1f21; --soft: #5b5f66; --faint: #e2e1dc; --raised: #f6f5f1; --accent: #0b6199;
          --alarm: #a34200; --notice: #0b6199; --fine: #4c5560;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #56b4e9; --c5: #b8860b; --c6: #000; --c7: #7a5195;
          --h0: #14527d; --h1: #4590c4; --h2: #80b8dc; --h3: #b4d5ea; --h4: #dbeaf3; --h5: #f1f0ec;
          --h6: #fae5cf; --h7: #f6c795; --h8: #eda25a; --h9: #db7a24; --h10: #a34a05; --on-far: #fff; --on-mid: #14161a; }
        @media (prefers-color-scheme: dark) { :root {
          --paper: #16181b; --ink: #e9e7e3; --soft: #a5a9b0; --faint: #34373d; --raised: #1e2125; --accent: #7cc0f2;
          --alarm: #ffac66; --notice: #7cc0f2; --fine: #b4bac2;
          --c0: #56b4e9; --c1: #ff9e57; --c2: #2fd0a0; --c3: #e7a6cc; --c4: #8fd0ff; --c5: #f0e442; --c6: #fff; --c7: #b79be0;
          --h0: #a5d8fb; --h1: #61a8da; --h2: #37739f; --h3: #2e5878; --h4: #283f51; --h5: #2a2d32;
          --h6: #463928; --h7: #694b27; --h8: #8f5f24; --h9: #d58b33; --h10: #ffc980; --on-far: #101214; --on-mid: #f4f2ee; } }
        """

    /// Charts have letters of one size whatever their width: the narrower the figure, the larger in its own units.
    private static let letters = """
        html { scroll-behavior: smooth; }
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55; overflow-wrap: anywhere;
          font-size: 16px; font-family: -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        h1, h2, .verdict { font-family: Charter, "Iowan Old Style", "Palatino Linotype", "Times New Roman", serif; line-height: 1.2;
          font-weight: 600; text-wrap: balance; }
        h1 { font-size: clamp(1.7rem, 1.2rem + 2vw, 2.5rem); margin: 1rem 0 .5rem; letter-spacing: -.01em; }
        h2 { font-size: 1.6rem; margin: 0 0 .6rem; }
        h3 { font-size: .875rem; margin: 0 0 .2rem; font-weight: 600; }
        figcaption h2 { font-size: 1.15rem; }
        p { max-width: 68ch; margin: .5rem 0; }
        .verdict { font-size: clamp(1.2rem, 1rem + .9vw, 1.5rem); font-weight: 400; margin: 0 0 .8rem; line-height: 1.35; max-width: 46ch; }
        .about, .how, .axis, .none, .scale { color: var(--soft); font-size: .875rem; }
        .takeaway { margin: 0; font: 1.125rem/1.35 Charter, "Iowan Old Style", "Palatino Linotype", "Times New Roman", serif; max-width: 62ch; }
        .row .takeaway { font-size: 1.0625rem; }
        .how { margin: .2rem 0 0; }
        .axis { margin: .6rem 0 .25rem; max-width: none; }
        .axis.below { margin: 0 0 .25rem; text-align: right; padding-right: 2%; }
        @container (min-width: 620px) { .axis.below { margin-top: -.9rem; } }
        a { color: var(--accent); text-underline-offset: .15em; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        main:focus { outline: none; }
        svg text { fill: var(--soft); font-variant-numeric: tabular-nums; font-size: 12px; }
        @container (min-width: 780px) { svg text { font-size: 8.5px; } }
        @container (min-width: 620px) and (max-width: 779.9px) { svg text { font-size: 10.5px; } }
        @container (min-width: 400px) and (max-width: 479.9px) { svg text { font-size: 14px; } }
        @container (min-width: 330px) and (max-width: 399.9px) { svg text { font-size: 17px; } }
        @container (max-width: 329.9px) { svg text { font-size: 19px; } }
        """

    private static let boxes = """
        main { max-width: 55rem; margin: 0 auto; padding: 1rem clamp(1rem, 4vw, 2.5rem) 4rem; }
        .skip { position: absolute; left: -999px; background: var(--paper); padding: .5rem 1rem; z-index: 2; }
        .skip:focus { left: .5rem; top: .5rem; }
        nav ol { list-style: none; margin: 0; padding: 0; font-size: .875rem; }
        nav a { color: var(--soft); text-decoration: none; }
        nav a:hover { color: var(--accent); text-decoration: underline; }
        @media (max-width: 1099.9px) { nav { padding: 1rem clamp(1rem, 4vw, 2.5rem) 0; max-width: 55rem; margin: 0 auto; }
          nav ol { display: flex; flex-wrap: wrap; gap: .1rem 1rem; } nav a { display: block; padding: .2rem 0; } }
        @media (min-width: 1100px) { body.listed { display: grid; grid-template-columns: 12rem minmax(0, 60rem); justify-content: center; }
          .listed main { margin: 0; width: 100%; box-sizing: border-box; }
          nav { position: sticky; top: 0; align-self: start; padding: 2.2rem 0 0 1rem; max-height: 100vh; box-sizing: border-box; overflow-y: auto; }
          nav li { padding: .22rem 0; } }
        section { margin-top: 3.5rem; padding-top: 1.5rem; border-top: 1px solid var(--faint); scroll-margin-top: 0; }
        figure { margin: 2rem 0 0; min-width: 0; } .drawing { container-type: inline-size; min-width: 0; }
        figcaption { margin-bottom: .6rem; }
        h2.findings { font-size: 1.25rem; margin: 2rem 0 0; }
        .switch { border: 0; margin: 1.5rem 0 0; padding: 0; min-width: 0; } .switch legend { float: left; padding: 0; margin-right: .75rem; color: var(--soft); font-size: .875rem; }
        .switch > label { font-size: .875rem; margin-right: .9rem; } .switch > input { accent-color: var(--accent); vertical-align: -1px; }
        .switch > .second { display: none; } #by-load:checked ~ .first { display: none; } #by-load:checked ~ .second { display: block; } .switch figure { margin-top: 1rem; }
        .row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 0 2.5rem; }
        .row > figure { display: grid; grid-template-columns: minmax(0, 1fr); grid-row: span 3; grid-template-rows: subgrid; }
        .multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: 1rem 1.25rem; margin: 1rem 0; padding: 0; list-style: none; }
        .multiples p { margin: 0; font-size: .8125rem; } .row .multiples { grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); }
        .multiples .number { color: var(--soft); font-variant-numeric: tabular-nums; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1rem; margin: 1.75rem 0 0; padding: 0; list-style: none; }
        .cards li { background: var(--raised); border-radius: .5rem; padding: 1rem 1.1rem; border-top: 3px solid var(--fine); }
        .cards li.alarm { border-top-color: var(--alarm); } .cards li.notice { border-top-color: var(--notice); }
        .severity { font-size: .75rem; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; color: var(--fine); margin: 0; }
        .alarm .severity { color: var(--alarm); } .notice .severity { color: var(--notice); }
        .cards h3 { font-size: 1.0625rem; line-height: 1.35; margin: .3rem 0 .4rem; }
        .cards p:last-child { margin: 0; font-size: .9rem; color: var(--soft); }
        .key { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.4rem), 1fr)); gap: 1.75rem 1.25rem; margin: 1.5rem 0 0; }
        .key div { border-left: 2px solid var(--faint); padding-left: .75rem; }
        .key dt { font-size: .8125rem; line-height: 1.35; }
        .key div { display: flex; flex-direction: column; } .key .value { order: -1; } .key dd { margin: 0; } .key .value { font-size: 1.5rem; font-variant-numeric: tabular-nums; line-height: 1.3; }
        .key .note { font-size: .8125rem; color: var(--soft); line-height: 1.4; }
        """

    private static let marks = """
        svg { display: block; width: 100%; height: auto; overflow: visible; }
        .grid { stroke: var(--faint); } .grid, .reference, .whisker, .median, .chance, .idle { vector-effect: non-scaling-stroke; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
        .dot { fill: var(--paper); stroke-width: 1.75; vector-effect: non-scaling-stroke; }
        .band { fill: var(--soft); fill-opacity: .2; }
        .reference { stroke: var(--soft); stroke-dasharray: 2 3; stroke-width: 1.25; }
        .whisker { stroke: var(--soft); stroke-width: 1; } .quartiles { fill: var(--h3); } .median { stroke: var(--ink); stroke-width: 2; }
        .interval { fill: var(--c1); fill-opacity: .35; } .peak { fill: var(--c1); } .chance { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 2; }
        .bar { fill: var(--c0); fill-opacity: .55; } .bar.other { fill: var(--c1); } .bar.strong { fill-opacity: 1; }
        .idle { stroke: var(--soft); stroke-width: 1; fill: none; }
        .idle.many { stroke-opacity: .5; }
        svg text.note { fill: var(--ink); }
        .h0 { fill: var(--h0) } .h1 { fill: var(--h1) } .h2 { fill: var(--h2) } .h3 { fill: var(--h3) } .h4 { fill: var(--h4) } .h5 { fill: var(--h5) }
        .h6 { fill: var(--h6) } .h7 { fill: var(--h7) } .h8 { fill: var(--h8) } .h9 { fill: var(--h9) } .h10 { fill: var(--h10) }
        svg text[class^=v] { fill: var(--on-mid); } svg text.v0, svg text.v10 { fill: var(--on-far); }
        @media (prefers-color-scheme: dark) { svg text.v1, svg text.v9 { fill: var(--on-far); } }
        .b0 { background: var(--h0) } .b1 { background: var(--h1) } .b2 { background: var(--h2) } .b3 { background: var(--h3) } .b4 { background: var(--h4) }
        .b5 { background: var(--h5) } .b6 { background: var(--h6) } .b7 { background: var(--h7) } .b8 { background: var(--h8) } .b9 { background: var(--h9) } .b10 { background: var(--h10) }
        .color0 { stroke: var(--c0); color: var(--c0) } .color1 { stroke: var(--c1); color: var(--c1) } .color2 { stroke: var(--c2); color: var(--c2) } .color3 { stroke: var(--c3); color: var(--c3) }
        .color4 { stroke: var(--c4); color: var(--c4) } .color5 { stroke: var(--c5); color: var(--c5) } .color6 { stroke: var(--c6); color: var(--c6) } .color7 { stroke: var(--c7); color: var(--c7) }
        .soft { stroke: var(--soft) } .pale { opacity: .4 }
        .tint0, .tint1, .tint2, .tint3 { fill: currentColor; stroke: none; }
        .tint0 { fill-opacity: .06 } .tint1 { fill-opacity: .15 } .tint2 { fill-opacity: .25 } .tint3 { fill-opacity: .35 }
        .confidence { fill: none; stroke-width: 1.5; stroke-opacity: .7; vector-effect: non-scaling-stroke; }
        .confidence.bars { stroke: var(--ink); }
        .shaded { fill: currentColor; fill-opacity: .2; stroke: none; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; padding: 0; margin: .4rem 0 0; font-size: .875rem; }
        .legend svg { display: inline-block; width: 28px; height: 10px; margin-right: .5rem; vertical-align: baseline; }
        .scale { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; margin-top: .4rem; } .scale p { margin: 0; line-height: 1.2; }
        .scale > div { width: min(100%, 26rem); } .scale div p { display: flex; justify-content: space-between; gap: 1rem; max-width: none; }
        .scale ol { list-style: none; display: flex; margin: 0; padding: 0 0 1.2rem; }
        .scale li { flex: 1; height: .9rem; position: relative; font-size: .6875rem; }
        .scale li span { position: absolute; right: 0; top: 1rem; transform: translateX(50%); line-height: 1; font-variant-numeric: tabular-nums; }
        .none { margin: 0; } .none svg { display: inline-block; width: 18px; height: 14px; margin-right: .4rem; vertical-align: -2px; }
        """

    private static let tables = """
        .wide { overflow-x: auto; max-width: 100%; max-height: 32rem; margin: .75rem 0; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .875rem; }
        caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
        th, td { padding: .28rem .7rem; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; font-weight: 400; }
        thead th { color: var(--soft); vertical-align: bottom; font-size: .8125rem; position: sticky; top: 0; background: var(--paper); }
        td, tbody th { vertical-align: baseline; } td small { display: block; color: var(--soft); font-size: .75rem; line-height: 1.2; }
        th[scope=row], th:first-child { text-align: left; padding-left: 0; max-width: 20rem; overflow: hidden; text-overflow: ellipsis; }
        details { margin: .7rem 0 0; } summary { cursor: pointer; color: var(--accent); font-size: .875rem; width: fit-content; padding: .15rem 0; }
        dl.glossary { display: grid; gap: 1.1rem; margin: 1rem 0 0; }
        .glossary dt { font-weight: 600; } .glossary dd { margin: 0; max-width: 70ch; } .glossary .source { font-weight: 400; color: var(--soft); font-size: .875rem; }
        """

    /// On paper everything is light, and what is folded stays so except where it holds words.
    private static let other = """
        @media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --faint: #ccc; --raised: #fff; --accent: #000;
          --alarm: #8a3800; --notice: #000; --fine: #444;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #56b4e9; --c5: #b8860b; --c6: #000; --c7: #7a5195;
          --h0: #14527d; --h1: #4590c4; --h2: #80b8dc; --h3: #b4d5ea; --h4: #dbeaf3; --h5: #f1f0ec;
          --h6: #fae5cf; --h7: #f6c795; --h8: #eda25a; --h9: #db7a24; --h10: #a34a05; --on-far: #fff; --on-mid: #000; }
          svg text.v1, svg text.v9 { fill: #000; } svg text { fill: #444; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          body { font-size: 10pt; } body.listed { display: block; } nav, .skip { display: none; } main { max-width: none; padding: 0; }
          section { margin-top: 1.5rem; } figure, .cards li, .key div, tr, dl.glossary > div { break-inside: avoid; } h2, h3, figcaption { break-after: avoid; }
          .row { grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 0 1.5rem; } @page { margin: 16mm 14mm; }
          .cards li { border: 1px solid #ccc; border-top: 3px solid #444; } .wide { overflow: visible; max-height: none; } thead th { position: static; }
          table { font-size: 7.5pt; } th, td { padding: .12rem .3rem; white-space: normal; }
          details:not([open]) > summary { display: none; } details.words::details-content { content-visibility: visible; height: auto; } }
        """
}
