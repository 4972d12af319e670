"""What grows in the US, and how it grew week by week."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    answer = await pinterest.trends.keywords("US", "growing", interests=["home_decor"], limit=20)
    for trend in sorted(answer.trends, key=lambda one: one.pct_growth_yoy, reverse=True):
        weeks = sorted(trend.time_series.items())
        first, last = weeks[0][1], weeks[-1][1]
        print(f"{trend.keyword:<30} {trend.pct_growth_wow:+}% {trend.pct_growth_yoy:+}%")
        print(f"   {weeks[0][0]}: {first}, {weeks[-1][0]}: {last}, {last - first:+}")
    related = await pinterest.terms.related(terms=[trend.keyword for trend in answer.trends][:3])
    for one in related.related_terms_list:
        print(one.term, one.related_terms)
    for term in await pinterest.terms.suggested(term="lamp", limit=5):
        print(term)
    topics = await pinterest.trends.featured_topics(region="US")
    for topic in topics:
        print(topic)
