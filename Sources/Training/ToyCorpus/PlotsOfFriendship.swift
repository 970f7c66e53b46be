/// Stories of gifts, ways home, patience, quarrels and contests.
enum PlotsOfFriendship {
    static let text = #"""
        = gift
        gift; first; then = crown of flowers; picked white flowers; tied them into a ring
            | warm scarf; found some soft wool; worked for three days
            | birthday cake; mixed eggs and flour; put berries on top
            | picture book; cut some paper; painted a bird on every page
            | wooden whistle; found a dry stick; made small holes in it
            | new song; listened to the birds; found the right words
        shop = a golden ring | a pretty lamp | a silver spoon | a big box of sweets

        > <opening>
        > {hero} had a good friend. {friend.he:C} was <friend>.
        | {hero.his:C} best friend was <friend>.
        > Soon it would be {friend}'s birthday, and {hero} wanted to give {friend.him} a gift.
        | The next day was {friend}'s birthday, but {hero} had no gift.
        > In the shop {hero.he} saw {shop}, but {hero.he} had no money.
        | {hero.he:C} wanted to buy {shop}, but it cost too much.

        > "What can I do?" thought {hero}. Then {hero.he} had an idea.
        | {hero} sat down and thought. "I know!" {hero.he} said. "I will make something."
        > {hero.he:C} went to {place}. There {hero.he} {first}. Then {hero.he} {then}.
        | First {hero.he} {first}, and then {hero.he} {then}.
        > It was hard work, but at last the {gift} was ready.
        | In the evening {hero} looked at the {gift} and was proud.

        > On the birthday, {friend} opened the door. "This is for you," said {hero}.
        | "Happy birthday!" said {hero}, and gave {friend} the {gift}.
        > "{gift:aC}!" said {friend}. "Did you make it for me?"
        | {friend} could not believe it. "{gift:aC}! I love it," {friend.he} said.
        > "It is the best gift of all," said {friend}, "because you made it."
        | {friend} gave {hero} a big hug.
        > <ending>
        > 4* <moral>
        | The best gifts come from the heart.

        = homeward
        baby; house; sound = little bird; a nest in the oak tree; peep, peep
            | lamb; a barn behind the hill; baa, baa
            | baby seal; a flat rock in the sea; oop, oop
            | tiny bee; a hive in the garden; buzz, buzz
            | little deer; a hidden place between the trees; eep, eep
        sign = a feather on the ground | small marks in the mud | a broken branch | an open gate

        > <opening>
        > One {weather} day, {hero} heard a sound near {place}. "{sound:C}!"
        | One {weather} evening, {hero} was on the way to {place}. "{sound:C}!" said somebody.
        > It was {baby:a}, all alone.
        | {hero} looked down and saw {baby:a}.
        > "I cannot find my mother," said the {baby}.
        | "Please help me," said the {baby}. "I want to go home."

        > "Do not cry," said {hero}. "I will take you home." But where was home?
        | {hero} wanted to help, but {hero.he} did not know the way.
        > So {hero.he} went to ask <friend>.
        | They walked and walked until they met <friend>.
        > "Do you know where {baby:a} lives?" asked {hero}.
        | "We are looking for the mother of this {baby}," said {hero}.
        > "I saw {sign}," said {friend}. "Follow me."
        | {friend} nodded. "I think so," {friend.he} said. "This morning I saw {sign}."

        > The three of them went on together, and then they came to {house}.
        | Step by step they went on. At last they saw {house}.
        > "My baby!" cried the mother. "{sound:C}!" said the {baby}, and everybody laughed.
        | There the mother was waiting. She was so happy that she could not speak.
        > "Thank you, {hero}. Thank you, {friend}," said the mother.
        | The {baby} waved for a long time.
        > <ending>
        > <moral>

        = seed
        seed; plant; gain = brown seed; sunflower; gave the seeds to the birds
            | tiny seed; pumpkin; made a big pot of soup
            | round seed; cherry tree; ate cherries in the shade
            | white bean; bean plant; cooked the beans for supper
            | black seed; melon; cut the melon into slices

        > <opening>
        > One spring day, {hero} found {seed:a} near {place}.
        | In spring, an old man gave {hero} {seed:a}.
        > {hero.he:C} put it into the ground and gave it water.
        | {hero.he:C} made a hole in the earth, put the seed in, and gave it some water.
        > The next morning {hero.he} ran outside, but nothing was there.
        | {hero.he:C} waited one day and two days, but nothing happened.

        > "My seed does not grow," {hero} said to {hero.his} friend {friend}.
        | {hero.his:C} friend {friend} came to visit. "It will never grow," said {hero}.
        > "You must wait," said {friend}. "Good things need time."
        | "Give it sun and water and time," said {friend}.
        > So {hero} gave it water every day. When it was {weather}, {hero.he} sat beside it and sang.
        | Every morning {hero} gave it water, and every evening {hero.he} told it a story.

        > One day there was a small green leaf!
        | Then, at last, something green came out of the earth.
        > It grew and grew until it was a big {plant}.
        | By summer it was the biggest {plant} that anybody had seen.
        > "You were right," said {hero} to {friend}. They {gain}.
        | {hero} called {friend}, and together they {gain}.
        > <ending>
        > 4* <moral>
        | Good things need time.

        = quarrel
        thing; harm; fix = red wagon; a wheel came off; put the wheel back on
            | toy train; it broke in two; put the train together again
            | long rope; it went snap; tied a strong knot
            | paper kite; the paper tore; made a new tail for the kite
            | stuffed bear; an arm came off; sewed the arm back on
        quiet = For a long time nobody spoke | They did not look at each other | Each sat in a different corner

        > <opening>
        > {hero} had a friend. {friend.he:C} was <friend>.
        | {hero} often played with <friend>.
        > One {weather} day, they found {thing:a} near {place}.
        | One {weather} day, they went to {place} and saw {thing:a}.
        > "It is mine!" said {hero}. "No, it is mine!" said {friend}.
        | "I saw it first!" said {hero}. "No, I did!" said {friend}.

        > {hero} pulled, and {friend} pulled, and then {harm}.
        | They both pulled as hard as they could. Then {harm}.
        > "Look what you did!" they both cried.
        | Now nobody could play with the {thing}.
        > {quiet}.
        | {hero} went home and was angry. {friend} was angry too.

        > After a while, {hero} felt sorry. {hero.he:C} missed {friend}.
        | But it was no fun to be alone. {hero} thought of {friend}.
        > "I am sorry," said {hero}. "I am sorry too," said {friend}.
        | {hero.he:C} went to {friend} and said, "I am sorry. A friend is better than {thing:a}."
        > Together they {fix}.
        | So they sat down and {fix}.
        > This time they took turns.
        | "You go first," said {hero}. "No, you go first," said {friend}, and they both laughed.
        > <ending>
        > 4* <moral>
        | It is more fun to share.

        = contest
        contest; skill; prize = race around the lake; run; a gold cup
            | swimming race; swim; a blue ribbon
            | singing contest; sing; a silver flute
            | dance at the fair; dance; a pair of red shoes
            | climbing game; climb; a basket of fruit
        rival = Everybody said that {friend} would win | Nobody was as good as {friend} | All the others were afraid
            of {friend}

        > <opening>
        > Every summer there was a {contest} near {place}. The prize was {prize}.
        | One day, {hero} heard about a {contest}. The winner would get {prize}.
        > {hero} wanted to win, but {hero.he} could not {skill} very well.
        | {hero} loved to {skill}, but {hero.he} was not very good at it.
        > Then there was <friend>. {rival}.
        | {hero} knew <friend>. {rival}.

        > So {hero} got up early every day to {skill}.
        | Every day, rain or shine, {hero} went out to {skill}.
        > When the {weather} day came, everyone was there.
        | At last the day came. It was {weather}, and many came to watch.
        > {hero} did {hero.his} best. But then {friend} slipped and hurt {friend.his} foot.
        | All went well until {friend} fell down with a cry.

        > {hero} could have gone on and won. But {hero.he} stopped. "Are you hurt?" {hero.he} asked.
        | {hero} stopped at once and went back. "Let me help you," {hero.he} said.
        > "But you will lose," said {friend}. "That does not matter," said {hero}.
        | "Why did you stop?" asked {friend}. "Because you need help," said {hero}.
        > {hero} did not win the prize, but everybody clapped for {hero.him}.
        | In the end somebody else got the prize, but {hero} got a new friend.
        > "Tomorrow I will teach you to {skill}," said {friend}.
        | "You have a good heart," said {friend}.
        > <ending>
        > 4* <moral>
        | A friend is worth more than a prize.
        """#
}
