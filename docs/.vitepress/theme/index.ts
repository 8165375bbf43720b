import DefaultTheme from 'vitepress/theme-without-fonts'
import './styles.css'

export default DefaultTheme
